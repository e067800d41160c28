/**
 * A hardened systemd unit that keeps a listener running. A user of its own has nothing but the spool and the token. Node's
 * compiler needs memory that is both written and executed, so MemoryDenyWriteExecute is not there.
 */
export const SYSTEMD_UNIT = `# /etc/systemd/system/mqdyn.service
# First: install -d -m 700 /etc/mqdyn && (umask 077; openssl rand -hex 32 > /etc/mqdyn/token)
# Then:  systemctl daemon-reload && systemctl enable --now mqdyn
[Unit]
Description=mqdyn: MQTT broker events to DynamoDB
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/bin/env mqdyn replay --listen 127.0.0.1:8333 --token-file %d/token --spool %S/mqdyn/spool
# where the tables are; credentials of the machine's role, or in /etc/mqdyn/environment (mode 600)
Environment=AWS_REGION=eu-west-1
EnvironmentFile=-/etc/mqdyn/environment
LoadCredential=token:/etc/mqdyn/token
Restart=always
RestartSec=2
TimeoutStopSec=30
DynamicUser=yes
StateDirectory=mqdyn
StateDirectoryMode=0700
WorkingDirectory=%S/mqdyn
Environment=HOME=%S/mqdyn
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=
PrivateDevices=yes
PrivateTmp=yes
PrivateUsers=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`;
