/** The text of every page of a scan, one after the other, by plain unsigned fetch. */
export async function* fetchPages(endpoint) {
  for (let key = ''; ;) {
    const start = key === '' ? {} : { ExclusiveStartKey: { msgid: { S: key } } };
    const reply = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.Scan' },
      body: JSON.stringify({ TableName: 'mqtt_msg', ...start }),
    });
    const text = await reply.text();
    yield text;
    const next = /"LastEvaluatedKey":\{"msgid":\{"S":"(\d+)"\}\}\}$/.exec(text.slice(-100))?.[1];
    if (next === undefined) return;
    key = next;
  }
}
