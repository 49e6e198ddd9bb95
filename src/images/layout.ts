import { join } from 'node:path';
import { DEV } from '#domain/share.js';
import { imagePath } from './image-path.js';

const ROLLBACK = '.rollback';

/** Where things are in the images folder. Names that fogd makes begin with a dot: no image can have them. */
export class ImagesLayout {
  readonly hidden: string;
  readonly sessions: string;
  readonly previous: string;
  /** Generations on their way in and out of the place of their image, by session. */
  readonly publishing: string;
  /** What machines recovered from their disks, by session; the admin's from then on. */
  readonly recovered: string;
  /** Waits for its removal. */
  readonly trash: string;
  /** Where all machines write when exports are shared. */
  readonly dev: string;

  /** `root` is absolute and real. */
  constructor(readonly root: string) {
    this.hidden = join(root, '.fogd');
    this.sessions = join(this.hidden, 'sessions');
    this.previous = join(this.hidden, 'previous');
    this.publishing = join(this.hidden, 'publishing');
    this.recovered = join(this.hidden, 'recovered');
    this.trash = join(this.hidden, 'trash');
    this.dev = join(root, DEV);
  }

  /** The published generation. Throws IMAGE_PATH_BAD. */
  image(path: string): string {
    return join(this.root, imagePath(path));
  }

  /** The generation before it. Throws IMAGE_PATH_BAD. */
  before(path: string): string {
    return join(this.previous, imagePath(path));
  }

  /** NFS root of a boot session. */
  session(id: number): string {
    return join(this.sessions, sessionName(id));
  }

  /** Where a new generation waits to be exchanged with the one of its image, and the old one after that. */
  stage(sessionId: number): string {
    return join(this.publishing, sessionName(sessionId));
  }

  /** Where the current generation waits during a rollback if the file system cannot exchange. */
  rollback(path: string): string {
    return join(this.publishing, `${imagePath(path)}${ROLLBACK}`);
  }

  /** The image whose rollback a name in `publishing` belongs to. */
  rolledBack(name: string): string | undefined {
    return name.endsWith(ROLLBACK) ? name.slice(0, -ROLLBACK.length) : undefined;
  }

  /** What a machine recovered in its session. */
  kept(sessionId: number): string {
    return join(this.recovered, sessionName(sessionId));
  }

  /** Where the old generation waits if the file system cannot exchange. */
  aside(sessionId: number): string {
    return join(this.publishing, `${sessionName(sessionId)}.old`);
  }
}

function sessionName(id: number): string {
  if (!Number.isSafeInteger(id) || id < 1) throw new RangeError(`${id} is not the id of a session`);
  return String(id);
}
