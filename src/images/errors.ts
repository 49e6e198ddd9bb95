import { defineErrors } from '#errors.js';

export const imageErrors = defineErrors({
  IMAGES_FOLDER_MISSING: {
    message: 'the folder of the images {folder} is not there',
    remedy: 'mount or create it, or set images.folder to the folder that holds the images',
    status: 503,
  },
  IMAGES_FOLDER_EMPTY: {
    message: 'the folder of the images {folder} holds none of the images that were captured to it',
    remedy: 'mount the disk that holds them; to begin again without them, make the folder .fogd in it',
    status: 503,
  },
  IMAGES_FOLDER_READ_ONLY: {
    message: 'the folder of the images {folder} cannot be written ({reason})',
    remedy: 'make it writable for the user that runs fogd; an EROFS means that the disk is mounted read-only',
    status: 503,
  },
  IMAGES_DISK_FULL: {
    message: 'the disk of the images {folder} is full',
    remedy: 'free some space, then start the capture again; the image that was there before is unchanged',
    status: 507,
  },
  IMAGES_SEVERAL_DISKS: {
    message: 'a part of the images folder {folder} is a disk of its own',
    remedy:
      'keep the folder and all image folders in it on one file system; mount the disk at the folder itself',
    status: 503,
  },
  IMAGE_PATH_BAD: {
    message: '{path} cannot be the folder of an image',
    remedy:
      'use 1 to 64 letters, digits, "_", "-" or ".", not beginning with "." or "-", and not dev, postinitscripts or postdownloadscripts',
    status: 400,
  },
  IMAGE_INCOMPLETE: {
    message: 'the image {image} cannot be deployed: {reason}',
    remedy: 'capture it again, or restore its files',
    status: 409,
  },
  NO_PREVIOUS_GENERATION: {
    message: 'the image {image} has no generation before this one',
    remedy: 'a rollback needs two captures; the generations that are there: fogd image generations {image}',
    status: 409,
  },
  SCRIPTS_UNSAFE: {
    message: 'the scripts that machines run as root are not given out: {path}: {reason}',
    remedy:
      'make them root’s: chown -R root:root and chmod -R go-w on the folders postinitscripts and postdownloadscripts',
    status: 409,
  },
  IMPORT_REFUSED: {
    message: 'the folder {folder} cannot be imported: {reason}',
    remedy: 'give the folder of one image as a FOG server wrote it, or all of them with --all',
    status: 422,
  },
  IMPORT_PLACE_TAKEN: {
    message: 'there is {folder} already',
    remedy:
      'if it is the image, as after an import that was interrupted, import that folder: fogd image import {folder}; else move it away',
    status: 409,
  },
  ZSTD_MISSING: {
    message: 'the program zstd, which reads images back, cannot be started ({reason})',
    remedy: 'apt-get install zstd',
    status: 503,
  },
  IMAGE_PLACE_TAKEN: {
    message: 'the place of the image {image} holds a link or a file instead of a folder',
    remedy: 'move it away, then start the capture again',
    status: 409,
  },
  CAPTURE_DAMAGED: {
    message: 'the capture of the image {image} is not complete: {reason}',
    remedy: 'capture it again; the image that was there before is unchanged',
    status: 422,
  },
  CAPTURE_LOST: {
    message: 'the captured files of the image {image} are gone',
    remedy: 'capture it again; the image that was there before is unchanged',
    status: 410,
  },
});
