/** The test vectors of spec client-protocol 2.10, copied from there. */

export const K1 = Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex');
const K2 = Buffer.from('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4', 'hex');

export const VECTORS = [
  {
    name: 'V1',
    key: K1,
    iv: '0f0e0d0c0b0a09080706050403020100',
    text: `{"token":"${'ab'.repeat(64)}"}`,
    sealed: [
      'ffaa94c1b7f17ce703f4dcc0ca89c570923b5585bc9e0137f592d9bc1ac0db4d15f4aed51ef4b2740145d86948fafea9',
      'c284aa1562247ee190c1a6dfa73e6bbdc4525303f29216a44b0f10cd9596a6506f97c502372d520e9167737459911c38',
      'fc88557cd220adee36466d84f6081efb24944c76a1e67b7c97f6364bc13dd322b06c0a974baddaaeb31d08e892d709f0',
    ].join(''),
  },
  {
    name: 'V2',
    key: K2,
    iv: '000102030405060708090a0b0c0d0e0f',
    text: '{"taskreboot":{"job":true}}',
    sealed: ['f86d13c98f751219be7cf0c9e5fa9268c44574e344e2cb0c10d681e9d920933e'].join(''),
  },
  {
    name: 'V3',
    key: K1,
    iv: '00112233445566778899aabbccddeeff',
    text: '{"error":"ns"}\n\n',
    sealed: ['061eb4ac1d96d68721a62b3fd836cd66'].join(''),
  },
  {
    name: 'V4',
    key: K1,
    iv: 'ffeeddccbbaa99887766554433221100',
    text: '{"hostnamechanger":{"hostname":"PC-Zürich"}}',
    sealed: [
      '5ddaab07a3598e0bf064f6fb092607316cda19e924756da959769d02b68cf699d9f4ec0541cb35efb2c34014da2dbfd2',
    ].join(''),
  },
  {
    name: 'V5',
    key: K1,
    iv: '11111111111111111111111111111111',
    text: '#!ihc',
    sealed: ['0f86015a08618d6f035a71c48f82519e'].join(''),
  },
] as const;

/** Of 1024 bits, and published: for tests only. */
export const RSA_TEST_KEY = {
  kty: 'RSA',
  e: 'AQAB',
  n: [
    'zXa-QZRUvPrG8DmBq1w-iAaw_DbaHRWaRvmcSEge3TJiD6OP4nWrLlMU3kZYUc4e17wYiMEAbA8Hbjwwts1EW0in7Q',
    'kpTv9bQWj37UVndJRAFtFvQ2SJd9uFTAuoFRgpTsyHffkLa9meQHqEhDJICrCP06_7dMPf-r6UCCjaLt8',
  ].join(''),
  d: [
    'tyX49FY3rvlQKkTorIqehvyH-Vsf1Ds0eb35LIl1UbGerdgb4z8Gp1WRzY0hH1LANYhKymRYbvp6oi3vMpQJMEhJq9',
    '9LYeVV7XHHTdMH6QJo_ZVzWWo6e8AcVkpPzF52xBH7c2xZxhdxEDWUo14zRFMlwWY5fhD1icfkmNBOEIE',
  ].join(''),
  p: '8XYg5T62TRPn35unH_XT-YLDrNKnKtuB5kYxACWUEaJlfNptOUEywXPgCfNxQbhJQzILYcXqeOan_H6cKMPEHw',
  q: '2dW__SEFkmHFRuyKQIAVd0Hkp39ohbgDc858xKQ4uBcunaZEV0eN93choLNkBed2M59hcHgahAfztS032VY9QQ',
  dp: 'AskOEBbtG26DWjz9bIz1aQdtIm07qG7nzLQ6lHnaf2mUKiCK6gIqh7jCeNrqD4wErFXDc9lInyRqA6uiOYYomQ',
  dq: 'UCJ27zqvnwsClLW9oj68JtQBtrCDFfX8pySF95zmFKrKhko9B9KV4jxcDY8Qs69TZ2gxYzt7naiDOdo5mmVEQQ',
  qi: 'nfe5yrqC1RHGL33r5266-b-rTcBT1ZjdcwXo6E_w-sA-CpAW7AutQMKsbAnS_XUSqbGcUT_7uNY2cJyjumcfUg',
};

export const RSA_VECTORS = [
  {
    name: 'a session key',
    sealed: [
      '2777fe7ca8a1c25c8e5c8f44eb00c236185bb08c332730af3dd1bb7430fef268999614d399a14ca0b61e5d3aa77d2ccc',
      '2414c779d0a05119a39cab620a134756842b49c8077d755c32849d2fe38217588a49217f1ed91d08effece568725e439',
      '554c9e4e3d896d9d8ce82a99fabd28c5cd2ebe838c02d1f3e995a542f4f72fb1',
    ].join(''),
    message: K1.toString('hex'),
  },
  {
    name: 'NoToken',
    sealed: [
      '4bc9cee578f72213945475e42b1e47355eb76dfd4442dcdf715761107e719eed12df76bd8afea79860e59214878b7e0c',
      'da037edebe100b03b7720be48062bb50a5f6f9f782e709d54257027325da5999de9d459359a4521e577618a7c1eada45',
      'a13f22f155a57f12b684c7478c990d34bec19c1bd73b015f89755384ef8288af',
    ].join(''),
    message: '4e6f546f6b656e',
  },
  {
    name: 'a token',
    sealed: [
      '3e50289617eff1690278a370043eb7b065964acecc04a516aa6fcc50e0dd3378a2fd6e2f785d828ffbf76b69079193e6',
      '6f75fbd6da94e8f1051085d628fde915023c19a7eae91ccd41ff64daaf5d2692f2e9f4d14e852fc1e014ab974eaf0454',
      'fefda2f3c69565474bc7e62f61326f4341c5befc629c53bc8b4d3870d1b64842',
    ].join(''),
    message: 'ab'.repeat(64),
  },
] as const;
