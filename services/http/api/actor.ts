/** Who changes something on the control socket: its peer is the owner of the state folder. */
export const ACTOR = 'cli';
