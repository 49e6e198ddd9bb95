import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { catalogue } from '#error-catalogue.js';
import { generated } from '../../scripts/generate.js';
import { repository } from './golden.js';

describe('generated files', () => {
  it.each(Object.entries(generated))('%s is in step with the code (else: npm run generate)', (file, make) => {
    expect(readFileSync(new URL(file, repository), 'utf8')).toBe(make());
  });

  it('the catalogue of errors names every room that declares some', () => {
    const files = ['src', 'services'].flatMap((folder) =>
      readdirSync(new URL(`${folder}/`, repository), { recursive: true, encoding: 'utf8' }).filter((path) =>
        path.endsWith('/errors.ts'),
      ),
    );
    expect(Object.keys(catalogue)).toHaveLength(files.length);
  });

  it('every error says what to do', () => {
    for (const specs of Object.values(catalogue)) {
      for (const [code, { message, remedy }] of Object.entries(specs)) {
        expect(message.length, code).toBeGreaterThan(5);
        expect(remedy.length, code).toBeGreaterThan(10);
      }
    }
  });
});
