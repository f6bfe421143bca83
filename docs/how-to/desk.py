#!/usr/bin/env python3
"""Follows plinth.margin.v1 and proves that nothing was missed.

    python3 desk.py --brokers 127.0.0.1:9092 [--topic plinth.margin.v1] [--account a1] [--to-end]

Prints one JSON object per change of an account's state of margin. Records are checked link by link:
a step of the sequence by more than one is a loss, a hash that does not follow is another history;
a record that comes twice is dropped. With --to-end it stops at the end of the topic, prints what it
checked, and exits 1 when anything was missing.

Needs one of the client libraries confluent-kafka or kafka-python.
"""
import argparse
import hashlib
import json
import struct
import sys

TAG = b"plinth-desk-v1"


def sha256(*parts):
    """Each part after its length in four bytes, big endian."""
    return hashlib.sha256(b"".join(struct.pack(">I", len(part)) + part for part in parts)).digest()


def fields(message):
    """The length-delimited fields of a protobuf message: texts and messages inside, by number."""
    found, at = {}, 0

    def varint():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    while at < len(message):
        tag = varint()
        kind = tag & 7
        if kind == 0:
            varint()
        elif kind == 1:
            at += 8
        elif kind == 2:
            size = varint()
            found[tag >> 3] = message[at : at + size]
            at += size
        elif kind == 5:
            at += 4
        else:
            raise ValueError(f"expected a protobuf field, was kind {kind}")
    return found


class Partition:
    """What a desk keeps of a partition: the last sequence and its hash."""

    def __init__(self, topic, number):
        self.sequence = 0
        self.hash = sha256(TAG, topic.encode(), str(number).encode())

    def take(self, key, value, headers):
        """'next', 'duplicate', 'missing' or 'unlinked'."""
        sequence = int(headers["ce_sequence"])
        if sequence <= self.sequence:
            return "duplicate"
        # The first record that is kept may not be the first that there was.
        previous = bytes.fromhex(headers["ce_previous"])
        is_first = self.sequence == 0 and sequence > 1
        verdict = "next" if is_first or sequence == self.sequence + 1 else "missing"
        if verdict == "next" and not is_first and previous != self.hash:
            verdict = "unlinked"
        own = sha256(TAG, previous, str(sequence).encode(), headers["ce_id"].encode(), key, value)
        if own.hex() != headers["ce_hash"]:
            verdict = "unlinked"
        self.sequence, self.hash = sequence, own
        return verdict


def records_of_confluent(brokers, topic, to_end):
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "desk", "enable.auto.commit": False})
    numbers = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    ends = {n: consumer.get_watermark_offsets(TopicPartition(topic, n), timeout=10) for n in numbers}
    consumer.assign([TopicPartition(topic, n, first) for n, (first, _) in ends.items()])
    open_ends = {n: end for n, (first, end) in ends.items() if end > first}
    while open_ends or not to_end:
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error():
            raise RuntimeError(str(message.error()))
        yield message.partition(), message.key(), message.value(), message.headers() or []
        if message.offset() + 1 >= open_ends.get(message.partition(), float("inf")):
            open_ends.pop(message.partition(), None)
    consumer.close()


def records_of_kafka_python(brokers, topic, to_end):
    from kafka import KafkaConsumer, TopicPartition

    consumer = KafkaConsumer(bootstrap_servers=brokers.split(","), enable_auto_commit=False)
    partitions = [TopicPartition(topic, n) for n in sorted(consumer.partitions_for_topic(topic) or [])]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    first, end = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
    open_ends = {p.partition: end[p] for p in partitions if end[p] > first[p]}
    while open_ends or not to_end:
        for messages in consumer.poll(timeout_ms=1000).values():
            for message in messages:
                yield message.partition, message.key, message.value, message.headers
                if message.offset + 1 >= open_ends.get(message.partition, float("inf")):
                    open_ends.pop(message.partition, None)
    consumer.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--brokers", required=True)
    parser.add_argument("--topic", default="plinth.margin.v1")
    parser.add_argument("--account")
    parser.add_argument("--to-end", action="store_true")
    options = parser.parse_args()
    try:
        import confluent_kafka  # noqa: F401

        records = records_of_confluent
    except ImportError:
        records = records_of_kafka_python
    partitions = {}
    counted = {"next": 0, "duplicate": 0, "missing": 0, "unlinked": 0}
    for number, key, value, pairs in records(options.brokers, options.topic, options.to_end):
        headers = {name: text.decode() for name, text in pairs}
        key, value = key or b"", value or b""
        verdict = partitions.setdefault(number, Partition(options.topic, number)).take(key, value, headers)
        counted[verdict] += 1
        if verdict in ("missing", "unlinked"):
            print(f"partition {number}, sequence {headers['ce_sequence']}: {verdict}", file=sys.stderr)
        if verdict == "duplicate" or headers["ce_type"] != "plinth.risk.v1.MarginStateChanged":
            continue
        if options.account not in (None, key.decode()):
            continue
        change = fields(value)
        figures = fields(change.get(4, b""))
        line = {
            "account": change.get(1, b"").decode(),
            "from": change.get(2, b"").decode(),
            "to": change.get(3, b"").decode(),
            "equity": figures.get(1, b"").decode(),
            "initial": figures.get(2, b"").decode(),
            "maintenance": figures.get(3, b"").decode(),
            "position": int(headers["ce_position"]),
            "time": headers["ce_time"],
        }
        print(json.dumps(line), flush=True)
    print(json.dumps(counted))
    return 1 if counted["missing"] or counted["unlinked"] else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
