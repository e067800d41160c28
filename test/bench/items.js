/** The typed JSON of message `index`: the shape of mqtt_msg, with payloads of 60 to 180 bytes, some of them not ASCII. */
export function itemText(index) {
  return JSON.stringify({
    arrived: { N: String(1_714_727_730 + index) },
    payload: { S: payloadOf(index) },
    qos: { N: String(index % 3) },
    retain: { N: '0' },
    msgid: { S: messageIdText(messageIdHex(index)) },
    topic: { S: topicOf(index) },
    sender: { S: `sensor-${index % 500}` },
  });
}

const topicOf = (index) => `plant/${index % 40}/line/${index % 50}/temp`;

/** A message id as EMQX makes it: 64 bits of microseconds, 48 of node and process, 16 of sequence. In hexadecimal. */
export function messageIdHex(index) {
  const micros = 1_714_727_730_250_000n + BigInt(index) * 10n;
  return ((micros << 64n) | (0x4f2ab0c1d2e3n << 16n) | BigInt(index & 0xffff)).toString(16).toUpperCase().padStart(32, '0');
}

/** The same id as it stands in the tables: its decimal digits in base64 without padding, 47 characters. */
export function messageIdText(hex) {
  return Buffer.from(BigInt(`0x${hex}`).toString())
    .toString('base64')
    .replace(/=+$/, '');
}

/** A payload of 60 to 180 bytes; one of sixteen is not ASCII. */
export function payloadOf(index) {
  return JSON.stringify({
    t: 20 + (index % 100) / 10,
    unit: index % 16 === 0 ? '°C' : 'C',
    seq: index,
    note: 'x'.repeat(20 + (index % 121)),
  });
}
