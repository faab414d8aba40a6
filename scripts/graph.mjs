// Prints which package uses which, and ends with 1 when they go in a circle. `npm run graph`
import { packageGraph } from './graph/package-graph.mjs';

const { text, circles } = await packageGraph();
process.stdout.write(text);
if (circles > 0) process.exitCode = 1;
