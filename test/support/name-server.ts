import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';

const HEADER_BYTES = 12;
const TYPE_A = 1;

/**
 * A name server on 127.0.0.1 to which every name has these addresses (RFC 1035, over UDP).
 * @param addresses of IPv4; what is taken out of them is answered no more
 */
export async function startNameServer(addresses: readonly string[]) {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const nameEnds = query.indexOf(0, HEADER_BYTES);
    const question = query.subarray(HEADER_BYTES, nameEnds + 5);
    const asksForA = query.readUInt16BE(nameEnds + 1) === TYPE_A;
    const records = asksForA ? addresses.filter(isIPv4).map(recordOf) : [];
    const header = Buffer.from(query.subarray(0, HEADER_BYTES));
    header.writeUInt16BE(0x8180, 2);
    [1, records.length, 0, 0].forEach((count, at) => header.writeUInt16BE(count, 4 + at * 2));
    socket.send(Buffer.concat([header, question, ...records]), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: socket.address().port, stop: () => socket.close() };
}

/** Of the name in the question, for one second. */
function recordOf(address: string): Buffer {
  const name = [0xc0, HEADER_BYTES];
  const typeClassTtlLength = [0, TYPE_A, 0, 1, 0, 0, 0, 1, 0, 4];
  return Buffer.from([...name, ...typeClassTtlLength, ...address.split('.').map(Number)]);
}
