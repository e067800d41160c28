// Loaded before the program (node --import): its clock shows the time of MQDYN_TEST_NOW and stands still.
const now = Number(process.env.MQDYN_TEST_NOW);
Date.now = () => now;
