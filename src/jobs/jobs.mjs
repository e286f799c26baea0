// The ES module face of jobs.cjs: the same state, however a program loads it.
import api from './jobs.cjs';

export default api;
export const { jobs, openJobs } = api;
