/** One sample: its labels in the order in which they are written, and its value. */
export type Sample = { labels: Readonly<Record<string, string>>; value: number };

/** A gauge in the text format of Prometheus, as the node exporter's textfile collector reads it. */
export function gaugeText(name: string, help: string, samples: readonly Sample[]): string {
  return metricText('gauge', name, help, samples);
}

/** A counter or a gauge in the text format of Prometheus. */
export function metricText(type: 'counter' | 'gauge', name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${labelText(text)}"`);
    return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');
}

function labelText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
