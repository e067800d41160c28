// Draws .github/terminal-light.svg and -dark.svg, the picture of the README, from what the built program really prints in a
// terminal: node .build/picture.js. Needs `script` of util-linux for the terminal.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COLUMNS = 100;
const COMMANDS = [
  'mqdyn topics --depth 2',
  'mqdyn explain panel-1 plant/b/temp',
  'mqdyn scan mqtt_msg --filter "qos > 1" --limit 3 --fields topic,qos,payload,arrived',
];
const THEMES = {
  light: { back: '#ffffff', text: '#1f2328', 31: '#cf222e', 32: '#116329', 33: '#7d4e00', 36: '#1b7c83', dim: '#59636e' },
  dark: { back: '#0d1117', text: '#e6edf3', 31: '#ff7b72', 32: '#7ee787', 33: '#d29922', 36: '#56d4dd', dim: '#9198a1' },
};
const [CELL, LINE, MARGIN] = [8.4, 19, 16];

const folder = mkdtempSync(join(tmpdir(), 'mqdyn-picture-'));
const screen = [];
try {
  copyFileSync(join(ROOT, 'test/fixtures/recordings/mosquitto-2.0.11.jsonl'), join(folder, 'recording.jsonl'));
  const env = { PATH: process.env.PATH, HOME: folder, TERM: 'xterm-256color', MQDYN_ENDPOINT_URL: 'local' };
  const run = (command) => {
    const typed = command.replace(/^mqdyn/, `'${process.execPath}' '${join(ROOT, 'bin/run.js')}'`);
    const line = `stty cols ${COLUMNS} rows 60; ${typed} 2>/dev/null || true`;
    return execFileSync('script', ['-qec', line, '/dev/null'], { env, cwd: folder, encoding: 'utf8' });
  };
  for (const command of [
    'mqdyn tables create',
    'mqdyn subscribe panel-1 plant/a/temp --qos 1',
    'mqdyn replay recording.jsonl --binary-payload binary',
  ])
    run(command);
  for (const command of COMMANDS) {
    if (screen.length > 0) screen.push('');
    screen.push(`\u001b[2m$\u001b[22m ${command}`, ...run(command).replaceAll('\r', '').trimEnd().split('\n'));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const [name, theme] of Object.entries(THEMES))
  writeFileSync(join(ROOT, `.github/terminal-${name}.svg`), drawn(screen, theme));

function drawn(lines, theme) {
  const [width, height] = [COLUMNS * CELL + 2 * MARGIN, lines.length * LINE + 2 * MARGIN];
  const rows = lines.map(
    (line, at) => `<text x="${MARGIN}" y="${MARGIN + LINE * (at + 0.75)}" xml:space="preserve">${spans(line, theme)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="a terminal with three commands of mqdyn and their output">
<rect width="100%" height="100%" rx="8" fill="${theme.back}" stroke="${theme.dim}" stroke-opacity="0.4"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14" fill="${theme.text}">
${rows.join('\n')}
</g>
</svg>
`;
}

/** Text with colour sequences as spans; other sequences leave nothing. */
function spans(line, theme) {
  let style = {};
  let svg = '';
  for (const [, codes, text] of line.matchAll(/(?:\u001b\[([\d;]*)[A-Za-z])?([^\u001b]*)/g)) {
    for (const code of (codes ?? '').split(';').filter(Boolean).map(Number)) {
      if (code === 0) style = {};
      else if (code === 1) style = { ...style, 'font-weight': 'bold' };
      else if (code === 2) style = { ...style, fill: theme.dim };
      else if (code === 22) style = {};
      else if (code === 39) delete style.fill;
      else if (theme[code]) style = { ...style, fill: theme[code] };
    }
    if (text === '') continue;
    const safe = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    const attributes = Object.entries(style).map(([name, value]) => ` ${name}="${value}"`);
    svg += attributes.length === 0 ? safe : `<tspan${attributes.join('')}>${safe}</tspan>`;
  }
  return svg;
}
