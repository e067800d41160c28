import { terminalSuite } from './suite.ts';

terminalSuite(80, 24);
