import { describe, expect, it } from 'vitest';
import { toMqdynError, type ServiceError } from '../../../src/dynamo/errors.ts';

const CALL = { operation: 'Scan', table: 'mqtt_msg', place: 'eu-west-1' };
const told = (error: Error) => toMqdynError(error, CALL) as ServiceError;
const named = (name: string, message: string) => Object.assign(new Error(message), { name });
const refused = (code: string, at: object) => Object.assign(new Error(code), { code, ...at });

describe('credentials that cannot be had', () => {
  it.each([
    'The SSO session associated with this profile has expired. To refresh this SSO session run aws sso login with the corresponding profile.',
    'Profile ops requires multi-factor authentication, but no MFA code callback was provided.',
    'Error in credential_process: exit code 1',
  ])('are told in the words of the SDK: %s', (message) => {
    expect(told(named('CredentialsProviderError', message))).toMatchObject({ code: 'E_CREDENTIALS', exit: 6, message });
  });

  it('are none where the chain came to its end', () => {
    const { message } = told(named('CredentialsProviderError', 'Could not load credentials from any providers'));
    expect(message).toContain('none found (environment, profile "default", SSO, instance role)');
  });

  it('are a matter of permission where STS refuses', () => {
    const error = told(named('AccessDenied', 'User x is not authorized to perform: sts:AssumeRole'));
    expect(error).toMatchObject({ code: 'E_DENIED', exit: 6 });
    expect(error.message).toContain('sts:AssumeRole');
  });

  it.each([
    ['sts.eu-west-1.amazonaws.com', { hostname: 'sts.eu-west-1.amazonaws.com' }],
    ['portal.sso.eu-west-1.amazonaws.com', { hostname: 'portal.sso.eu-west-1.amazonaws.com' }],
    ['169.254.169.254', { address: '169.254.169.254' }],
  ])('name who could not be reached for them: %s', (host, at) => {
    expect(told(refused('ENOTFOUND', at))).toMatchObject({
      exit: 5,
      message: `cannot reach ${host} for credentials (ENOTFOUND)`,
    });
  });

  it('are not asked for where the region was mistyped', () => {
    const error = told(refused('ENOTFOUND', { hostname: 'dynamodb.eu-wst-1.amazonaws.com' }));
    expect([error.code, error.hint]).toEqual(['E_ENDPOINT', 'Is eu-wst-1 the region, and is there a way to AWS?']);
    expect(told(refused('ECONNREFUSED', { address: '127.0.0.1' })).hint).toContain('Is DynamoDB running?');
  });
});
