/** What somebody wants to do, and what is typed for it. */
export type Task = { title: string; line: string; until?: string; key?: string };

/** Thirty tasks, in this order on one data set. Ten are what users of other tools asked for, by the project where they did. */
export const TASKS: readonly Task[] = [
  { title: 'what can it do', line: 'mqdyn' },
  { title: 'which tables are there', line: 'mqdyn ls' },
  // awslabs/dynein#278
  { title: 'how many items are there, all pages', line: 'mqdyn scan mqtt_msg --count' },
  { title: 'look into a table', line: 'mqdyn scan mqtt_msg --limit 12' },
  // aaronshaf/dynamodb-admin#425
  {
    title: 'filter with contains and between',
    line: `mqdyn scan mqtt_msg --filter "contains(topic, 'line-1') and qos between 1 and 2" --limit 8`,
  },
  // awslabs/dynein#20
  { title: 'the last two subscriptions of a client', line: 'mqdyn query mqtt_sub panel-1 --desc --limit 2' },
  // awslabs/dynein#179
  { title: 'an exact copy of an item', line: 'mqdyn get mqtt_retain plant -o ddb-json' },
  // aws/aws-cli#4703
  { title: 'a table for a spreadsheet', line: 'mqdyn subs --format csv -q > subs.csv; head -4 subs.csv' },
  // emqx/emqx#1828
  { title: 'which clients match a topic', line: 'mqdyn subs --matching plant/a/temp' },
  // emqx/emqx#1610
  { title: 'why was it not delivered', line: 'mqdyn explain panel-2 plant/a/temp' },
  // emqx/emqx#17703
  { title: 'what waits for a client', line: 'mqdyn pending --client dashboard' },
  // emqxarchive/emqx-retainer#95
  { title: 'retained messages by filter', line: "mqdyn retained 'plant/+/state'" },
  // ferrumio/pydynox#40
  { title: 'what is near to 400 KB', line: 'mqdyn stats --fail-over 80%' },
  // mifi/dynamodump#25
  { title: 'what would a replay do', line: 'mqdyn replay recording.jsonl --dry-run' },
  { title: 'watch the statistics', line: 'mqdyn stats --watch 60s', until: 'q quits', key: 'q' },
  { title: 'the largest topics', line: 'mqdyn topics --depth 2 --sort bytes' },
  { title: 'who is offline', line: 'mqdyn clients --offline --sort age:desc' },
  { title: 'all about one client', line: 'mqdyn clients panel-1' },
  { title: 'the oldest that wait', line: "mqdyn pending 'plant/north/#' --older-than 1h --limit 10" },
  { title: 'all subscriptions of a client explained', line: 'mqdyn explain panel-1' },
  { title: 'one message', line: 'mqdyn msg Mjg4MTk1MDYwNTk0NjYwNzYzMTg4MDk3OTQ2MDU2Nzg1OTD' },
  { title: 'a date in a filter', line: "mqdyn scan mqtt_client --filter 'online_at > now - 1d' --sort online_at:desc --limit 8" },
  { title: 'text in place of a number', line: `mqdyn scan mqtt_msg --filter "qos = '1'"` },
  { title: 'a field that is not there', line: 'mqdyn scan mqtt_sub --fields clientid,filter --limit 4' },
  { title: 'a table that is not there', line: 'mqdyn tables describe mqtt_mgs' },
  { title: 'flags that contradict', line: 'mqdyn clients --online --offline' },
  { title: 'help on a command', line: 'mqdyn subscribe --help' },
  // emqx/emqx#361
  { title: 'subscribe on behalf of a client', line: "mqdyn subscribe panel-9 'plant/#' plant/a/temp" },
  { title: 'replay a recording', line: 'mqdyn replay recording.jsonl' },
  // bchew/dynamodump#51
  { title: 'drop a table by mistake', line: 'mqdyn tables drop mqtt_msg < /dev/null' },
];
