// Loaded before the program: its clock is SKEW_MS ahead of that of the machine.
const now = Date.now;
Date.now = () => now() + Number(process.env.SKEW_MS);
