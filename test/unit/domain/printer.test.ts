import { describe, expect, it } from 'vitest';
import { printerProblem } from '#domain/printer.js';

const printer = (fields: object) => ({
  ...{ name: 'laser', type: 'network' as const, description: '', port: '', file: '', model: '', ip: '' },
  configFile: '',
  ...fields,
});
const local = { type: 'local' as const, file: 'C:\\d\\hp.inf', model: 'HP', port: 'LPT1:' };

describe('a printer', () => {
  it.each([
    [{ name: '\\\\print\\hall' }],
    [local],
    [{ ...local, ip: '10.0.0.9:9101', configFile: 'C:\\hp.dat m f u p' }],
    [{ type: 'iprint' as const, port: 'ipp://x/y' }],
    [{ type: 'cups' as const, ip: 'print.example.org' }],
  ])('%j can be', (fields) => {
    expect(printerProblem(printer(fields))).toBeUndefined();
  });

  it.each([
    [{ name: 'hall' }],
    [{ name: '\\\\print' }],
    [{ name: '' }],
    [{ ...local, name: ' laser' }],
    [{ ...local, file: '' }],
    [{ ...local, model: '' }],
    [{ ...local, port: '' }],
    [{ ...local, ip: '10.0.0.9; calc' }],
    [{ ...local, model: 'HP" /q & calc "' }],
    [{ ...local, configFile: 'C:\\x.dat & calc' }],
    [{ ...local, configFile: 'C:\\x.dat | calc' }],
    [{ ...local, description: '\u001b[2J' }],
    [{ ...local, description: 'x'.repeat(251) }],
    [{ type: 'iprint' as const }],
    [{ type: 'cups' as const }],
  ])('%j cannot', (fields) => {
    expect(printerProblem(printer(fields))).toEqual(expect.any(String));
  });
});
