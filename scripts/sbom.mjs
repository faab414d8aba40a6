// Prints the bill of materials of what runs in production. `npm run -s sbom > sbom.json`
import { fileURLToPath } from 'node:url';
import { billOfMaterials } from './supply/sbom.mjs';

process.stdout.write(`${billOfMaterials(fileURLToPath(new URL('../', import.meta.url)))}\n`);
