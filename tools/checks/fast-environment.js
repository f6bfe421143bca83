import { TestEnvironment } from 'jest-environment-node';
import vm from 'node:vm';

const { createContext } = vm;

/**
 * Jest's environment of Node in a context whose globals are plain properties. Jest wraps the global object
 * in a proxy that V8 asks, through an interceptor, at every `Math`, `BigInt` or `Map` of the code under test:
 * what it does with the answers, deleting what a test left behind, is not needed in a context that is dropped.
 */
export default class FastEnvironment extends TestEnvironment {
  constructor(config, context) {
    let isPlain = false;
    vm.createContext = () => {
      isPlain = true;
      return createContext(vm.constants.DONT_CONTEXTIFY);
    };
    try {
      super(config, context);
    } finally {
      vm.createContext = createContext;
    }
    if (!isPlain) throw new Error('Expected the environment of Jest to make its context by vm.createContext');
  }
}
