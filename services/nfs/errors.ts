import { defineErrors } from '#errors.js';

export const nfsErrors = defineErrors({
  NFS_GANESHA_MISSING: {
    message: 'the program {program} is not installed',
    remedy: 'apt-get install {package}, or set nfs.enabled = false',
    status: 503,
  },
  NFS_RPCBIND_MISSING: {
    message: 'no port mapper answers on 127.0.0.1 port 111, and rpcbind could not be started ({reason})',
    remedy:
      'apt-get install rpcbind and start it (systemctl enable --now rpcbind): NFS version 3 does not work without it',
    status: 503,
  },
  NFS_RPCBIND_LOST: {
    message: 'the port mapper (port 111) does not know the NFS server any more',
    remedy:
      'fogd starts the NFS server again, which registers it; with nfs.start = "service": systemctl restart fogd-nfs',
    status: 503,
  },
  NFS_PORT_TAKEN: {
    message: 'port {port}/tcp is held by {holder}',
    remedy: 'stop that program, or set {setting} to another port, or set nfs.enabled = false',
    status: 503,
  },
  NFS_NOT_PERMITTED: {
    message: 'this user may not run an NFS server (missing: {missing})',
    remedy:
      'set nfs.start = "service": fogd-nfs.service of "npm run install-service" has these rights; or start fogd as root',
    status: 503,
  },
  NFS_START_FAILED: {
    message: 'the NFS server did not start: {reason}',
    remedy: 'look at {log}; fogd tries again by itself',
    status: 503,
  },
  NFS_BUS_FAILED: {
    message: "the NFS server's message bus does not work: {reason}",
    remedy: 'apt-get install dbus-daemon dbus-bin; look at {log}; fogd tries again by itself',
    status: 503,
  },
  NFS_STOPPED: {
    message: 'the NFS server has ended ({reason})',
    remedy: 'fogd starts it again; running transfers wait for it. If it ends again and again, look at {log}',
    status: 503,
  },
  NFS_NOT_RUNNING: {
    message: 'the NFS server does not run: {reason}',
    remedy:
      'systemctl enable --now rpcbind fogd-nfs-bus fogd-nfs; or set nfs.start = "child"; fogd status tells more',
    status: 503,
  },
  NFS_EXPORT_REFUSED: {
    message: 'the NFS server refused to {what} export {id}: {reason}',
    remedy: 'check that the images folder exists and that the user of the NFS server may read it',
    status: 503,
  },
  NFS_EXPORT_UNSAFE: {
    message: '{what} {value} cannot be exported: {why}',
    remedy: 'use a folder of plain letters, digits and . _ - @ + , = in its path (setting images.folder)',
    status: 422,
  },
});
