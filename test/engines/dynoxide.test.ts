import { existsSync } from 'node:fs';
import { program } from './engine.ts';
import { engineSuite } from './engine-suite.ts';

/** The dynoxide program. */
const FILE = process.env['MQDYN_TEST_DYNOXIDE'] ?? '';

engineSuite({
  name: 'dynoxide',
  differences: {
    refusesEmptyStrings: false,
    makesKeyOnlyRows: true,
    scansOneTooMany: true,
    scansAtOnePrice: false,
  },
  ...(existsSync(FILE) ? {} : { missing: FILE === '' ? 'MQDYN_TEST_DYNOXIDE names no file' : `${FILE} is not there` }),
  start: () => program(FILE, (port) => ['serve', '--port', String(port)]),
});
