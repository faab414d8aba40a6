import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { productionPackages } from './production-packages.mjs';

/**
 * A bill of materials (CycloneDX 1.6, JSON) of what runs in production. The same packages give the same text:
 * it has neither a time nor a number of its own.
 * @param {string} root
 */
export function billOfMaterials(root) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const packages = productionPackages(root);
  const application = componentOf(
    { name, version, licence: license },
    Enums.ComponentType.Application,
  );
  const components = new Map(
    packages.map((each) => [each.folder, componentOf(each, Enums.ComponentType.Library)]),
  );
  for (const { folder, uses } of packages) {
    for (const used of uses) components.get(folder).dependencies.add(components.get(used).bomRef);
  }
  for (const component of components.values()) application.dependencies.add(component.bomRef);
  const bom = new Models.Bom({
    metadata: new Models.Metadata({ component: application }),
    components: new Models.ComponentRepository(components.values()),
  });
  const serializer = new Serialize.JsonSerializer(
    new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6),
  );
  return serializer.serialize(bom, { sortLists: true, space: 2 });
}

function componentOf({ folder, name, version, licence, description, integrity, isBundled }, type) {
  const [group, plain] = name.startsWith('@') ? name.split('/') : [undefined, name];
  const component = new Models.Component(type, plain, {
    bomRef: `${name}@${version}${folder?.includes('/node_modules/') ? ` in ${folder}` : ''}`,
    version,
    ...(group && { group }),
    ...(description && { description }),
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    licenses: new Models.LicenseRepository(licence ? [licenceIn(licence)] : []),
    ...(integrity && { hashes: new Models.HashDictionary([hashOf(integrity)]) }),
  });
  if (isBundled !== undefined) {
    const where = isBundled ? 'in the bundles' : 'beside the bundles';
    component.properties.add(new Models.Property('holdfast:place', where));
  }
  return component;
}

/** One licence by its id, or several by an expression. */
function licenceIn(text) {
  return /\s/.test(text) ? new Models.LicenseExpression(text) : new Models.SpdxLicense(text);
}

/** As the lock file has it: `sha512-` and base64. */
function hashOf(integrity) {
  const [algorithm, digest] = integrity.split('-');
  const names = { sha512: Enums.HashAlgorithm['SHA-512'], sha1: Enums.HashAlgorithm['SHA-1'] };
  return [names[algorithm], Buffer.from(digest, 'base64').toString('hex')];
}
