/** What a bench that measures through Kafka says where there is none. */
export const kafkaRemedy = (name: string): string =>
  `${name}: Expected a Kafka to measure through: set PLINTH_KAFKA_BROKERS=host:port of one to load`;
