/* SPDX-License-Identifier: Apache-2.0 */
/*
 * udp: datagrams in batches: one system call takes many, one sends their answers. For protocols that answer each
 * datagram at once or never. Answers leave from the address that was asked, also on sockets bound to every address.
 */
#ifndef SYS_UDP_H
#define SYS_UDP_H

#include "base/ip.h"

/* One thread's memory for n datagrams; used by one socket after the other. */
struct udp_batch;

/* n (1 to 1024) datagrams of up to in_bytes, with answers of up to out_bytes. Caller frees with udp_batch_free. */
struct udp_batch *udp_batch_new(size_t n, size_t in_bytes, size_t out_bytes) __attribute__((returns_nonnull));
/* Frees. NULL is fine. */
void udp_batch_free(struct udp_batch *b);

/* Prepares a bound socket: large buffers (larger than usual where we may), answers from the address asked, no path MTU
 * discovery (RFC 9715 3.1). Best effort. */
void udp_prepare(int fd);
/* Takes what is waiting, at most n. Returns how many; 0: none. Earlier datagrams and answers are gone. */
size_t udp_batch_recv(struct udp_batch *b, int fd);
/* Datagram i; empty when it was longer than in_bytes. Borrowed until the next recv. */
struct slice udp_batch_datagram(const struct udp_batch *b, size_t i);
/* Where datagram i came from; false when that is not an IP address. */
bool udp_batch_peer(const struct udp_batch *b, size_t i, struct ip_port *ret);
/* Room of out_bytes for the answer to datagram i; in step with udp_batch_answer, one at a time. */
uint8_t *udp_batch_room(struct udp_batch *b);
/* The room holds n bytes for the sender of datagram i. */
void udp_batch_answer(struct udp_batch *b, size_t i, size_t n);
/* Sends the answers; returns how many the kernel did not take: they are dropped. */
size_t udp_batch_send(struct udp_batch *b, int fd);

#endif
