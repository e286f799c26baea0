// The ES module face of container.cjs: the same classes, however a program loads it.
export {
  ModuleManager, SETTING_NAMES, defineModule, processContext, runProgram, ModuleError, RunError, nameForms, schema,
  SEQUENCE, argvSource, envSource, fileSource, objectSource, withSequence, sourcesOf, validate,
} from './container.cjs';
