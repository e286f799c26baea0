/** The version in package.json, put in by the bundler (scripts/build.mjs) and by the test build. */
declare const MGR_VERSION: string;
