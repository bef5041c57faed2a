"""A Kafka broker for tests: the mock cluster inside librdkafka, over real sockets of loopback.

Arguments are topics, of one partition each. Prints host:port once it listens, and ends with its standard input.
"""

import ctypes
import sys

kafka = ctypes.CDLL("librdkafka.so.1")
pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int


def function(name, result, *arguments):
    found = getattr(kafka, name)
    found.restype = result
    found.argtypes = arguments
    return found


PRODUCER = 0
client = function("rd_kafka_new", pointer, number, pointer, text, ctypes.c_size_t)(PRODUCER, None, None, 0)
cluster = function("rd_kafka_mock_cluster_new", pointer, pointer, number)(client, 1)

# Librdkafka 2.0 never says which broker is the controller, without which no idempotent producer of kafkajs begins:
# its only one is. The word stands behind the 32 bytes of a name and the pointer to the client, which proves the place.
controller = ctypes.c_int32.from_address(cluster + 32 + ctypes.sizeof(pointer))
if controller.value == 0:
    if pointer.from_address(cluster + 32).value != client:
        sys.exit("Cannot name the controller: this librdkafka lays its cluster out in another way")
    controller.value = 1

create = function("rd_kafka_mock_topic_create", number, pointer, text, number, number)
for topic in sys.argv[1:]:
    create(cluster, topic.encode(), 1, 1)
print(function("rd_kafka_mock_cluster_bootstraps", text, pointer)(cluster).decode(), flush=True)
sys.stdin.read()
