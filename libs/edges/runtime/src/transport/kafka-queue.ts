import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

const { scheduleCheckPendingRequests } = RequestQueue.prototype;

/**
 * kafkajs 2.2.4 looks at the queue of every connection each millisecond, for ever: where nothing is throttled
 * it computes a negative time, which timers take for one millisecond. A queue needs a look only while a
 * request waits in it or the broker has asked for a pause; whatever else lets a request go looks by itself.
 */
RequestQueue.prototype.scheduleCheckPendingRequests = function schedule() {
  if (this.pending.length > 0 || this.throttledUntil > Date.now()) scheduleCheckPendingRequests.call(this);
};
