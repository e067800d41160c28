// Known vulnerabilities of all packages, those in the bundle and those for development. A severe one fails; where the registry
// answers no audits, nothing is known, and that is said.
import { spawnSync } from 'node:child_process';

const { stdout, stderr } = spawnSync('npm', ['audit', '--json'], { encoding: 'utf8' });
process.exitCode = tell(JSON.parse(stdout || '{}'));

function tell({ auditReportVersion, vulnerabilities, error, message }) {
  if (auditReportVersion === undefined) {
    // a fault on this side, such as a missing lock file, has a code
    if (message === undefined || error?.code !== undefined) {
      console.log(`npm audit failed: ${error?.summary ?? stderr}`);
      return 1;
    }
    console.log(`NOT CHECKED: the registry answers no audits (${message})`);
    return 0;
  }
  const found = Object.values(vulnerabilities);
  for (const { name, severity, range, via } of found) {
    const titles = via.map((cause) => (typeof cause === 'string' ? `through ${cause}` : `${cause.title} ${cause.url}`));
    console.log(`${severity}: ${name} ${range}: ${titles.join('; ')}`);
  }
  const severe = found.filter(({ severity }) => severity === 'high' || severity === 'critical');
  console.log(`${found.length} vulnerable packages, ${severe.length} of them of severity high or above`);
  return severe.length > 0 ? 1 : 0;
}
