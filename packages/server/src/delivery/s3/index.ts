export { createS3Sender } from './s3-sender.ts';
