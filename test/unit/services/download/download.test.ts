import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { download } from '#services/download/download.js';

let server: Server;
let base: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/whole') response.end('kernel');
    else if (request.url === '/closed')
      response
        .writeHead(request.headers.authorization === `Basic ${btoa('me:s3cret/')}` ? 200 : 401)
        .end('mine');
    else if (request.url === '/moved') response.writeHead(302, { location: '/whole' }).end();
    else if (request.url === '/broken') {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half', () => response.destroy());
    } else response.writeHead(404).end('no');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

async function fetched(url: string): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of download(url)) parts.push(part);
  return Buffer.concat(parts).toString();
}

it('gives the whole body, also from where it has moved to', async () => {
  expect(await fetched(`http://${base}/whole`)).toBe('kernel');
  expect(await fetched(`http://${base}/moved`)).toBe('kernel');
});

it('tells how much will come, where the server says it', async () => {
  const told: number[] = [];
  for await (const _part of download(`http://${base}/whole`, (bytes) => told.push(bytes)));
  expect(told).toEqual([6]);
});

it.each([
  ['/missing', 'the server answers 404'],
  ['/broken', ''],
])('of %s nothing is taken for a file', async (path, reason) => {
  await expect(fetched(`http://${base}${path}`)).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: expect.stringContaining(reason),
  });
});

it('sends name and password of the address, and tells nobody', async () => {
  expect(await fetched(`http://me:s3cret%2F@${base}/closed`)).toBe('mine');
  const error = await fetched(`http://me:wrong@${base}/closed`).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'DOWNLOAD_FAILED', message: expect.stringContaining('answers 401') });
  expect(String(error)).not.toContain('wrong');
});

it('names a server that is not there', async () => {
  await expect(fetched('http://127.0.0.1:9/x')).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' });
});
