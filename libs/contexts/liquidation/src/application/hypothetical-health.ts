import { Book, bookFills, EQUITY, MAINTENANCE, type AccountContent } from '@plinth/margin';
import { venueLocation } from '@plinth/market';
import type { HypotheticalLeg, PortfolioView } from '@plinth/portfolio';
import type { Health } from '../domain/planner.ts';

/**
 * Margin of one account after hypothetical fills, by the margin library, many times over: one book apart is
 * loaded anew for each question and only the figures that a plan looks at are read. The same figures as
 * `PortfolioView.assess`.
 */
export const hypotheticalHealth = (
  portfolio: PortfolioView,
  accountId: string,
): ((legs: readonly HypotheticalLeg[]) => Health) => {
  const content = portfolio.contentOf(accountId);
  const { kernel } = portfolio;
  const book = new Book(kernel.model.catalogue);
  const account = book.addAccount(accountId);
  return (legs) => {
    kernel.model.refresh();
    book.load(account, lessFees(portfolio, content, legs));
    bookFills(
      book,
      account,
      legs.map((leg) => portfolio.orderOf(leg)),
    );
    const figures = kernel.value(book, account);
    return { equity: figures[EQUITY] as number, maintenanceMargin: figures[MAINTENANCE] as number };
  };
};

/** The content with the fees of the legs taken off the cash at their venues. */
const lessFees = (
  portfolio: PortfolioView,
  content: AccountContent,
  legs: readonly HypotheticalLeg[],
): AccountContent => {
  const balances = [...content.balances];
  for (const { instrumentId, venueId, fee = 0 } of legs) {
    if (fee === 0) continue;
    const { quoteAsset: asset } = portfolio.reference.instrument(instrumentId);
    const location = venueLocation(venueId);
    const at = balances.findIndex((row) => row.asset === asset && row.location === location);
    const row = balances[at] ?? { asset, location, amount: 0 };
    const after = { ...row, amount: row.amount - fee };
    if (at < 0) balances.push(after);
    else balances[at] = after;
  }
  return { ...content, balances };
};
