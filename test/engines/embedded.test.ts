import { embedded } from './engine.ts';
import { engineSuite } from './engine-suite.ts';

engineSuite({
  name: 'the embedded engine',
  differences: {
    refusesEmptyStrings: false,
    makesKeyOnlyRows: true,
    scansOneTooMany: false,
    scansAtOnePrice: true,
  },
  start: embedded,
});
