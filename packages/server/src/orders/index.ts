export { applyOrder, type OrderContext } from './apply-order.ts';
export { orderFacts } from './facts.ts';
export { expectedStudies, studyContext } from './list.ts';
export type { OrderContent, OrderFacts, OrderRequest } from './order.ts';
export { readOrders } from './read-order.ts';
export { reconcileNext, reconcileStudy } from './reconcile.ts';
export { readReports, storeReports } from './reports-in.ts';
export { pollWorklist } from './worklist.ts';
