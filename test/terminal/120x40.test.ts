import { terminalSuite } from './suite.ts';

terminalSuite(120, 40);
