/*
 * The least that a DHCP server can do (RFC 2131): each DISCOVER gets an OFFER and each REQUEST an ACK of the same length, with an address made
 * of its number. Nothing is kept, decided or written. What it reaches no server can surpass on the same machine.
 *
 *   bare-dhcp INTERFACE SERVER-ADDRESS
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int main(int count, char **words) {
  if (count != 3) return 2;
  struct in_addr self;
  inet_pton(AF_INET, words[2], &self);
  int yes = 1, buffer = 4 << 20;
  int server = socket(AF_INET, SOCK_DGRAM, 0);
  setsockopt(server, SOL_SOCKET, SO_BINDTODEVICE, words[1], strlen(words[1]));
  setsockopt(server, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
  setsockopt(server, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
  struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(67)};
  if (bind(server, (void *)&local, sizeof local) < 0) return perror("bind"), 1;
  for (;;) {
    unsigned char in[2048], out[300] = {2};
    ssize_t got = recv(server, in, sizeof in, 0);
    if (got < 240) continue;
    int type = 0;
    for (int at = 240; at + 2 < got && in[at] != 255; at += in[at] ? 2 + in[at + 1] : 1)
      if (in[at] == 53) type = in[at + 2];
    if (type != 1 && type != 3) continue;
    memcpy(out + 1, in + 1, 7);              /* htype, hlen, hops, xid */
    memcpy(out + 10, in + 10, 2);            /* flags */
    memcpy(out + 16, &self, 2);              /* yiaddr: our /16 */
    out[18] = 1 + in[6] % 250, out[19] = in[7];
    memcpy(out + 20, &self, 4);              /* siaddr */
    memcpy(out + 24, in + 24, 20);           /* giaddr, chaddr */
    unsigned char options[] = {99, 130, 83, 99, 53, 1, type == 1 ? 2 : 5, 54, 4, 0, 0, 0, 0, 51, 4, 0, 0, 84, 96, 1, 4, 255, 255, 0, 0, 255};
    memcpy(options + 9, &self, 4);
    memcpy(out + 236, options, sizeof options);
    struct sockaddr_in to = {.sin_family = AF_INET};
    memcpy(&to.sin_addr, in + 24, 4);
    to.sin_port = htons(to.sin_addr.s_addr ? 67 : 68);
    if (!to.sin_addr.s_addr) to.sin_addr.s_addr = INADDR_BROADCAST;
    sendto(server, out, sizeof out, 0, (void *)&to, sizeof to);
  }
}
