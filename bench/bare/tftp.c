/*
 * The least that a TFTP server can do (RFC 1350, 2348): any request is granted with the block size asked for, and each ACK is answered with
 * the block behind it, straight from memory. No names, no time-outs, no limits. What it reaches no server can surpass on the same machine.
 *
 *   bare-tftp ADDRESS FOLDER
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define CLIENTS 65536

static struct {
  const unsigned char *file;
  size_t length;
  size_t block;
} transfers[CLIENTS]; /* by the port of the client: the benchmark's clients have one address */

static const unsigned char *map(const char *folder, const char *name, size_t *length) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  int fd = open(path, O_RDONLY);
  struct stat found;
  if (fd < 0 || fstat(fd, &found) < 0) return NULL;
  *length = found.st_size;
  return mmap(NULL, *length, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
}

int main(int count, char **words) {
  if (count != 3) return 2;
  struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(69)};
  inet_pton(AF_INET, words[1], &local.sin_addr);
  int buffer = 4 << 20;
  int listener = socket(AF_INET, SOCK_DGRAM, 0);
  setsockopt(listener, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
  if (bind(listener, (void *)&local, sizeof local) < 0) return perror("bind"), 1;
  for (;;) {
    unsigned char in[2048], out[65536];
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    ssize_t got = recvfrom(listener, in, sizeof in - 1, 0, (void *)&peer, &size);
    if (got < 4) continue;
    in[got] = 0;
    unsigned port = ntohs(peer.sin_port);
    size_t length;
    if (in[1] == 1) {
      const char *name = (char *)in + 2;
      transfers[port].file = map(words[2], name, &transfers[port].length);
      transfers[port].block = 512;
      for (const char *word = name; word < (char *)in + got; word += strlen(word) + 1)
        if (!strcasecmp(word, "blksize")) transfers[port].block = atoi(word + 8);
      length = 2 + sprintf((char *)out + 2, "blksize%c%zu", 0, transfers[port].block) + 1;
      out[0] = 0, out[1] = 6;
    } else if (in[1] == 4 && transfers[port].file) {
      /* Small enough that no number comes twice. */
      size_t acknowledged = in[2] << 8 | in[3], from = acknowledged * transfers[port].block;
      if (from > transfers[port].length) continue;
      size_t left = transfers[port].length - from;
      size_t now = left < transfers[port].block ? left : transfers[port].block;
      out[0] = 0, out[1] = 3, out[2] = (acknowledged + 1) >> 8, out[3] = acknowledged + 1;
      memcpy(out + 4, transfers[port].file + from, now);
      length = 4 + now;
    } else
      continue;
    sendto(listener, out, length, 0, (void *)&peer, size);
  }
}
