import type { Section, OutputOptions } from './document.ts';
import { escapeControls } from './escape.ts';
import { wrapped } from './report.ts';

export type Explanation = {
  delivered: boolean;
  code: string;
  sentence: string;
  evidence: readonly { step: string; says: string }[];
  next: string;
};

/** Width of the first column of the evidence. */
const STEP_WIDTH = 14;

/** A verdict first, then the evidence line by line, then the command to type next. */
export function explanationSections(
  { delivered, code, sentence, evidence, next }: Explanation,
  { theme, width }: OutputOptions,
): Section[] {
  const headline = delivered ? theme.good(`would be delivered: ${code}`) : theme.bad(`would not be delivered: ${code}`);
  const lines = evidence.flatMap(({ step, says }) => {
    const [first = '', ...rest] = wrapped(says, width, STEP_WIDTH);
    return [`${theme.faint(step.padEnd(STEP_WIDTH))}${first}`, ...rest];
  });
  return [
    { heading: '', lines: [headline, ...wrapped(sentence, width, 0)] },
    { heading: '', lines },
    // one line however long it is, so that it can be copied
    { heading: '', lines: [`next: ${theme.strong(escapeControls(next))}`] },
  ];
}
