import { counter, gauge } from '../telemetry/meter.ts';

export const observeFailing = gauge({
  name: 'plinth_relay_failing',
  about: '1 when the last attempt of a publication failed and it is being tried again',
  labels: ['publication'],
});

export const countPublished = counter({
  name: 'plinth_relay_published_total',
  about: 'records written to a topic and acknowledged by every replica in sync',
  labels: ['topic'],
});

export const countRetry = counter({
  name: 'plinth_relay_retries_total',
  about: 'attempts of a publication that failed and were begun anew',
  labels: ['publication'],
});

export const countDeadLetter = counter({
  name: 'plinth_relay_dead_letters_total',
  about: 'events that could not be made into records of a topic and were put aside',
  labels: ['topic'],
});

export const observeDeadLetters = gauge({
  name: 'plinth_relay_waiting_dead_letters',
  about: 'events that were put aside and have not been delivered',
  labels: [],
});
