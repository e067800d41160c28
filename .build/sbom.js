import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A CycloneDX 1.6 document of the bundled packages. It has neither a time nor a serial number, so that the same contents are
 * the same bytes. Hashes are those of the packages' archives, from package-lock.json.
 * Source: https://cyclonedx.org/docs/1.6/json/
 */
export function sbomText(root, packages, tools) {
  const { name, version, description } = readJson(root, 'package.json');
  const locked = readJson(root, 'package-lock.json').packages;
  const components = packages.map((one) => component(one, locked[one.folder]?.integrity));
  const self = { type: 'application', 'bom-ref': purl(name, version), name, version, description, purl: purl(name, version) };
  const document = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      lifecycles: [{ phase: 'build' }],
      tools: { components: tools.map((tool) => ({ type: 'application', ...tool })) },
      component: self,
    },
    components,
    // who needs whom among them is not told: the bundle has them all
    dependencies: [{ ref: self['bom-ref'], dependsOn: components.map((one) => one['bom-ref']) }],
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function component({ name, version, licence }, integrity) {
  const [, scope, rest] = /^(?:(@[^/]+)\/)?(.+)$/.exec(name);
  return {
    type: 'library',
    'bom-ref': purl(name, version),
    ...(scope === undefined ? {} : { group: scope }),
    name: rest,
    version,
    ...(integrity === undefined ? {} : { hashes: integrity.split(/\s+/).map(hash) }),
    licenses: [/[\s()]/.test(licence) ? { expression: licence } : { license: { id: licence } }],
    purl: purl(name, version),
  };
}

/** `sha512-BASE64`, as package-lock.json has it. */
function hash(integrity) {
  const [, algorithm, base64] = /^sha(\d+)-(.+)$/.exec(integrity);
  return { alg: `SHA-${algorithm}`, content: Buffer.from(base64, 'base64').toString('hex') };
}

/** Source: https://github.com/package-url/purl-spec/blob/main/types-doc/npm-definition.md */
function purl(name, version) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

function readJson(root, file) {
  return JSON.parse(readFileSync(join(root, file), 'utf8'));
}
