const WIDTH = 360;
const HEIGHT = 240;
const EDGE = { left: 56, right: 16, top: 36, bottom: 40 };
const COLOURS = ['#1f6feb', '#d2691e', '#2e8b57'];

/** Two panels as one SVG: time per item and peak memory over the number of items (logarithmic). */
export function growthPlot(lines) {
  const names = Object.keys(lines);
  const key = names
    .map(
      (name, index) => `<text x="${EDGE.left + index * 150}" y="${HEIGHT + 24}" fill="${COLOURS[index]}">&#9679; ${name}</text>`,
    )
    .join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH * 2} ${HEIGHT + 40}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
${panel(lines, 0, 'microseconds of processor time per item', ({ micros }) => micros)}
${panel(lines, WIDTH, 'peak memory, MB', ({ peakMB }) => peakMB ?? 0)}
${key}
</svg>
`;
}

function panel(lines, left, title, valueOf) {
  const points = Object.values(lines).flat();
  const sizes = [...new Set(points.map(({ size }) => size))];
  const top = niceTop(Math.max(...points.map(valueOf)));
  const [low, high] = [Math.log10(Math.min(...sizes)), Math.log10(Math.max(...sizes))];
  const x = (size) => left + EDGE.left + ((Math.log10(size) - low) / (high - low || 1)) * (WIDTH - EDGE.left - EDGE.right);
  const y = (value) => HEIGHT - EDGE.bottom - (value / top) * (HEIGHT - EDGE.top - EDGE.bottom);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const at = y(share * top).toFixed(1);
    const line = `<line x1="${left + EDGE.left}" x2="${left + WIDTH - EDGE.right}" y1="${at}" y2="${at}" stroke="#ddd"/>`;
    return `${line}<text x="${left + EDGE.left - 6}" y="${at}" dy="4" text-anchor="end" fill="#555">${share * top}</text>`;
  });
  const ticks = sizes.map(
    (size) =>
      `<text x="${x(size)}" y="${HEIGHT - EDGE.bottom + 18}" text-anchor="middle" fill="#555">${size.toLocaleString('en')}</text>`,
  );
  const curves = Object.values(lines).map((line, index) => {
    const places = line.map((point) => [x(point.size).toFixed(1), y(valueOf(point)).toFixed(1)]);
    const dots = places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3.5" fill="${COLOURS[index]}"/>`).join('');
    return `<polyline points="${places.map((place) => place.join(',')).join(' ')}" fill="none" stroke="${COLOURS[index]}" stroke-width="2"/>${dots}`;
  });
  const heading = `<text x="${left + EDGE.left}" y="20" font-weight="bold">${title}</text>`;
  return [heading, ...grid, ...ticks, ...curves].join('\n');
}

/** The next 1, 2 or 4 times a power of ten. */
function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(value || 1));
  return [1, 2, 4, 10].map((step) => step * power).find((top) => top >= value);
}
