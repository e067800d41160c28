/**
 * The lock file of the published package: of package-lock.json, what a user installs. npm takes no package-lock.json from a
 * package, and the bundled packages are of no use to a user.
 * Source: https://docs.npmjs.com/cli/v11/configuring-npm/npm-shrinkwrap-json
 */
export function shrinkwrapOf({ packages, ...lock }) {
  const { devDependencies: _, ...root } = packages[''];
  const installed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && !dev);
  return { ...lock, packages: { '': root, ...Object.fromEntries(installed.map(([path, one]) => [path, withoutDev(one)])) } };
}

/** What is needed both by the program, optionally, and for its development is only optional here. */
function withoutDev({ devOptional, ...one }) {
  return devOptional ? { ...one, optional: true } : one;
}
