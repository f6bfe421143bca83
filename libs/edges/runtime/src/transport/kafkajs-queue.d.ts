/** What `kafka-queue.ts` needs of the library's inside; the version is pinned. */
declare module 'kafkajs/src/network/requestQueue/index.js' {
  type Queue = {
    readonly pending: readonly unknown[];
    readonly throttledUntil: number;
    scheduleCheckPendingRequests: (this: Queue) => void;
  };
  const RequestQueue: { readonly prototype: Queue };
  export = RequestQueue;
}
