/** What a transaction changed, for those who watch (live events). Nobody is told of what is rolled back. */
export type Change =
  | {
      readonly kind: 'task';
      readonly id: number;
      readonly what: 'created' | 'changed' | 'progress' | 'finished';
    }
  | { readonly kind: 'host'; readonly id: number; readonly what: 'added' | 'changed' }
  | { readonly kind: 'host'; readonly id: number; readonly what: 'removed'; readonly name: string };

export type Watch = (changes: readonly Change[]) => void;
