import { gzipSync } from 'node:zlib';
import { rows } from './abuse-case.js';
import { get, post } from './own-request.js';
import { NEW, PROPOSALS, RUNS } from './stage.js';

const GOOD = JSON.stringify(NEW);

const typed = (type: string, body: string | Buffer = GOOD) => post(body, { 'Content-Type': type });
const encoded = (coding: string, body: string | Buffer) =>
  post(body, { 'Content-Encoding': coding });

const UNSUPPORTED = [415, 'MEDIA_TYPE_UNSUPPORTED'] as const;
const XML = '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>';
/** Gigabytes, where somebody unpacks it. */
const BOMB = gzipSync(gzipSync(Buffer.alloc(64 * 1024 * 1024)));
const utf16 = Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(GOOD, 'utf16le')]);

export const contentCases = [
  ...rows('a type of body', [
    ['text/plain', typed('text/plain'), ...UNSUPPORTED],
    ['a form', typed('application/x-www-form-urlencoded', 'portfolio_id=pf-1&document={}'), ...UNSUPPORTED],
    ['a form of parts', typed('multipart/form-data; boundary=b', `--b\r\nContent-Disposition: form-data; name="portfolio_id"\r\n\r\npf-1\r\n--b--`), ...UNSUPPORTED],
    ['XML with an entity', typed('application/xml', XML), ...UNSUPPORTED],
    ['XML that says that it is JSON', typed('application/json', XML), 400, 'BODY_MALFORMED'],
    ['two types', typed('application/json, text/plain'), ...UNSUPPORTED],
    ['a type with JSON at its end', typed('text/x-application/json'), ...UNSUPPORTED],
    ['a type with JSON within', typed('application/jsonp'), ...UNSUPPORTED],
    ['no type', typed(''), ...UNSUPPORTED],
    ['YAML', typed('application/yaml', 'portfolio_id: !!js/function "x"'), ...UNSUPPORTED],
    ['a script', typed('application/javascript'), ...UNSUPPORTED],
  ]),
  ...rows('a charset', [
    ['UTF-7', typed('application/json; charset=utf-7'), ...UNSUPPORTED],
    ['UTF-16', typed('application/json; charset=utf-16', utf16), ...UNSUPPORTED],
    ['UTF-16 that says nothing', typed('application/json', utf16), 400, 'BODY_MALFORMED'],
    ['ISO 8859-1', typed('application/json; charset=iso-8859-1'), ...UNSUPPORTED],
    ['one behind another parameter', typed('application/json; a=b; charset="utf-16"'), ...UNSUPPORTED],
    ['two of them', typed('application/json; charset=utf-8; charset=utf-7'), ...UNSUPPORTED],
    ['overlong UTF-8', post(Buffer.from('{"portfolio_id":"\xc0\xae","document":{}}', 'latin1')), 400, 'BODY_MALFORMED'],
    ['half a character', post(Buffer.from('{"portfolio_id":"\xe2\x82","document":{}}', 'latin1')), 400, 'BODY_MALFORMED'],
    ['a surrogate in UTF-8', post(Buffer.from('{"portfolio_id":"\xed\xa0\x80","document":{}}', 'latin1')), 400, 'BODY_MALFORMED'],
    ['half a surrogate pair, escaped', post('{"portfolio_id":"\\ud800","document":{}}'), 422, 'JSON_LONE_SURROGATE'],
  ]),
  ...rows('a coding of the body', [
    ['a bomb of gzip', encoded('gzip', BOMB), ...UNSUPPORTED],
    ['a bomb that says that it is no gzip', post(BOMB), 400, 'BODY_MALFORMED'],
    ['deflate', encoded('deflate', gzipSync(GOOD)), ...UNSUPPORTED],
    ['br', encoded('br', GOOD), ...UNSUPPORTED],
    ['zstd', encoded('zstd', GOOD), ...UNSUPPORTED],
    ['gzip that is none', encoded('gzip', GOOD), ...UNSUPPORTED],
    ['many', encoded('gzip, gzip, gzip', GOOD), ...UNSUPPORTED],
  ]),
  ...rows('a body that is none', [
    ['empty', post(''), 400, 'BODY_MALFORMED'],
    ['null', post('null'), 422, 'VALIDATION_FAILED'],
    ['a number', post('1'), 422, 'VALIDATION_FAILED'],
    ['half of one', post('{"portfolio_id":'), 400, 'BODY_MALFORMED'],
    ['two of them', post(`${GOOD}${GOOD}`), 400, 'BODY_MALFORMED'],
    ['with a comment', post(`${GOOD}//`), 400, 'BODY_MALFORMED'],
    ['with a NUL behind it', post(`${GOOD}\0`), 400, 'BODY_MALFORMED'],
    ['with a NUL in a text', post('{"portfolio_id":"a\\u0000","document":{}}'), 422, 'JSON_NUL_CHARACTER'],
    ['with the same key twice', post('{"portfolio_id":"a","portfolio_id":"b","document":{}}'), 422, 'JSON_DUPLICATE_KEY'],
    ['with the same key twice, once escaped', post('{"portfolio_id":"a","portfolio\\u005fid":"b","document":{}}'), 422, 'JSON_DUPLICATE_KEY'],
  ]),
  ...rows('the prototype of all objects', [
    ['__proto__', post('{"__proto__":{"admin":true},"portfolio_id":"pf-1","document":{}}'), 422, 'JSON_PROTOTYPE_KEY'],
    ['__proto__, escaped', post('{"\\u005f_proto__":{"admin":true},"portfolio_id":"pf-1","document":{}}'), 422, 'JSON_PROTOTYPE_KEY'],
    ['__proto__ in a document', post('{"portfolio_id":"pf-1","document":{"a":[{"__proto__":{}}]}}'), 422, 'JSON_PROTOTYPE_KEY'],
    ['constructor.prototype', post('{"constructor":{"prototype":{"admin":true}},"portfolio_id":"pf-1","document":{}}'), 422, 'JSON_PROTOTYPE_KEY'],
    ['constructor.prototype in a document', post('{"portfolio_id":"pf-1","document":{"constructor":{"prototype":1}}}'), 422, 'JSON_PROTOTYPE_KEY'],
    ['__proto__ in a query', get(`${PROPOSALS}?__proto__=x`), 422, 'VALIDATION_FAILED'],
    ['__proto__[x] in a query', get(`${PROPOSALS}?__proto__[limit]=1`), 422, 'VALIDATION_FAILED'],
    ['constructor[prototype] in a query', get(`${PROPOSALS}?constructor[prototype][limit]=1`), 422, 'VALIDATION_FAILED'],
    ['an object in a query', get(`${PROPOSALS}?limit[$gt]=1`), 422, 'VALIDATION_FAILED'],
    ['toString in a query', get(`${PROPOSALS}?toString=1`), 422, 'VALIDATION_FAILED'],
    ['__proto__ as a parameter', get(`${PROPOSALS}/__proto__`), 404, 'PROPOSAL_NOT_FOUND'],
    ['hasOwnProperty as a parameter', get(`${RUNS}/hasOwnProperty`), 404, 'RUN_NOT_FOUND'],
    ['__proto__ as a header', get(`${PROPOSALS}/none`, { __proto__x: '1', ['__proto__']: '1' }), 404, 'PROPOSAL_NOT_FOUND'],
  ]),
]; // prettier-ignore
