import { describe, expect, it } from '@jest/globals';
import { isSignedWith } from '../support/s3-signature.js';

/** The first example of "Authenticating Requests: Using the Authorization Header" in Amazon's reference of S3. */
const EXAMPLE = {
  method: 'GET',
  url: '/test.txt',
  headers: {
    host: 'examplebucket.s3.amazonaws.com',
    range: 'bytes=0-9',
    'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'x-amz-date': '20130524T000000Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
  body: Buffer.alloc(0),
};
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

describe('the signature of a request', () => {
  it('is what Amazon says it is', () => {
    expect(isSignedWith(SECRET, EXAMPLE)).toBe(true);
  });

  it.each([
    ['another secret', 'another', EXAMPLE],
    ['another path', SECRET, { ...EXAMPLE, url: '/other.txt' }],
    ['another body', SECRET, { ...EXAMPLE, body: Buffer.from('x') }],
  ])('is not that of %s', (_, secret, request) => {
    expect(isSignedWith(secret, request)).toBe(false);
  });
});
