/** A second flow over a second dataset: the customers, orders and payments of a shop, one branch for each payment method. */
import { existsSync, readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { DAG, DAGExecutor } from "dagny";
import { describe, expect, test } from "vitest";

const folder = "../shared/data/etl";

interface Customer {
  readonly id: number;
  readonly first_name: string;
  readonly last_name: string;
}

interface Order {
  readonly id: number;
  readonly user_id: number;
  readonly order_date: string;
  readonly status: string;
}

interface Payment {
  readonly order_id: number;
  readonly payment_method: string;
  /** Cents. */
  readonly amount: number;
}

function read<T>(file: string): T[] {
  return parse(readFileSync(`${folder}/${file}`), { columns: true, cast: true });
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

function shopFlow() {
  const rows = DAG.builder()
    .task("customers", () => read<Customer>("raw_customers.csv"))
    .task("orders", () => read<Order>("raw_orders.csv"))
    .task("payments", () => read<Payment>("raw_payments.csv"));
  const cents = (method: string) => (payments: readonly Payment[]) =>
    sum(payments.flatMap((payment) => (payment.payment_method === method ? payment.amount : [])));
  return rows
    .task("cents/bank_transfer", ["payments"], ({ payments }) => cents("bank_transfer")(payments))
    .task("cents/coupon", ["payments"], ({ payments }) => cents("coupon")(payments))
    .task("cents/credit_card", ["payments"], ({ payments }) => cents("credit_card")(payments))
    .task("cents/gift_card", ["payments"], ({ payments }) => cents("gift_card")(payments))
    .task("centsByMethod", ["cents/bank_transfer", "cents/coupon", "cents/credit_card", "cents/gift_card"], (branches) =>
      Object.fromEntries(Object.entries(branches).map(([name, amount]) => [name.slice("cents/".length), amount])),
    )
    .task("ordersByStatus", ["orders"], ({ orders }) => {
      const counts: Record<string, number> = {};
      for (const { status } of orders) counts[status] = (counts[status] ?? 0) + 1;
      return counts;
    })
    .task("customerOrders", ["customers", "orders", "payments"], ({ customers, orders, payments }) =>
      customers.map(({ id }) => {
        const own = orders.filter((order) => order.user_id === id);
        const dates = own.map((order) => order.order_date).sort();
        const paid = payments.filter((payment) => own.some((order) => order.id === payment.order_id));
        return {
          customer_id: id,
          first_order: dates[0] ?? null,
          most_recent_order: dates.at(-1) ?? null,
          number_of_orders: own.length,
          lifetime_value_cents: sum(paid.map(({ amount }) => amount)),
        };
      }),
    )
    .task("check", ["payments", "centsByMethod", "customerOrders"], ({ payments, centsByMethod, customerOrders }) => {
      const total = sum(payments.map((payment) => payment.amount));
      const byMethod = sum(Object.values(centsByMethod));
      const byCustomer = sum(customerOrders.map((customer) => customer.lifetime_value_cents));
      if (total !== byMethod || total !== byCustomer)
        throw new Error(`${total} cents in all, ${byMethod} by method, ${byCustomer} by customer`);
      return total;
    })
    .build();
}

describe.skipIf(!existsSync(folder))("the jaffle shop (needs ../shared/data/etl)", () => {
  test("reaches the reference answers", async () => {
    const answers = JSON.parse(readFileSync(`${folder}/expected.json`, "utf8")).jaffle;
    const { nodeResults } = (await new DAGExecutor(shopFlow(), 4).execute()).orThrow();
    expect({
      customers: nodeResults.customers.result?.length,
      orders: nodeResults.orders.result?.length,
      payments: nodeResults.payments.result?.length,
    }).toEqual(answers.rows);
    expect(nodeResults.centsByMethod.result).toEqual(answers.centsByMethod);
    expect(nodeResults.ordersByStatus.result).toEqual(answers.ordersByStatus);
    expect(nodeResults.customerOrders.result).toEqual(answers.customers);
  });
});
