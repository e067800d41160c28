const LOOPBACK = /^(?:127(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}|::1)$/;

/** 127.0.0.0/8 or ::1, an IPv6 address with or without its brackets. */
export function isLoopbackAddress(host: string): boolean {
  return LOOPBACK.test(host.replace(/^\[|\]$/g, ''));
}
