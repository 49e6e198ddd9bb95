/** Machines at work and in the queue, evenly spread over time. `node machines.js REPORTERS POLLERS`; tells each second how many it served. */
import { request } from 'node:http';
import { macOf, PROGRESS, session } from './site.js';

const [reporters = 0, pollers = 0] = process.argv.slice(2).map(Number);
let answered = 0;
let wrong = 0;

function call(path: string, body: string, isRight: (answer: string) => boolean): void {
  const asked = request(
    {
      host: '127.0.0.1',
      method: 'POST',
      path,
      agent: false,
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length },
    },
    (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => {
        answered++;
        if (!isRight(text)) wrong++;
      });
    },
  );
  asked.on('error', () => {
    wrong++;
  });
  asked.end(body);
}

function evenly(first: number, count: number, everyMs: number, ask: (number: number) => void): void {
  for (let n = 0; n < count; n++)
    setTimeout(
      () => {
        ask(first + n);
        setInterval(() => ask(first + n), everyMs);
      },
      (everyMs * n) / count,
    );
}

evenly(0, reporters, 3_000, (number) =>
  call(
    `${session(number)}/service/progress.php`,
    `mac=${macOf(number)}&status=${encodeURIComponent(PROGRESS)}`,
    (answer) => answer === '',
  ),
);
evenly(reporters, pollers, 5_000, (number) =>
  call(`${session(number)}/service/Pre_Stage1.php`, `mac=${macOf(number)}&type=down`, (answer) =>
    answer.includes('before me'),
  ),
);
process.stdout.write('ready\n');
setInterval(() => process.stdout.write(`${answered} answered, ${wrong} wrongly\n`), 1_000);
