import { configurationFault } from "../activity-arguments.ts";
import type { PlainCredentials } from "../auth/credentials.ts";
import type { BrokerTarget } from "./broker-target.ts";

/** The user and password, or the token, of a target's policy, as brokers take them; undefined without a policy. */
export async function brokerCredentials(target: BrokerTarget): Promise<PlainCredentials | undefined> {
  if (target.credentials === undefined) return undefined;
  const plain = await target.credentials.plain();
  if (plain === undefined)
    throw configurationFault(
      "Unusable authentication",
      "Cannot authenticate with the broker: the policy gives neither a password nor a token",
    );
  return plain;
}

/** The same as user and password: brokers that know only these take a token as the password of an empty user. */
export async function userAndPassword(
  target: BrokerTarget,
): Promise<{ readonly username: string; readonly password: string } | undefined> {
  const plain = await brokerCredentials(target);
  if (plain === undefined) return undefined;
  return plain.kind === "password"
    ? { username: plain.username, password: plain.password }
    : { username: "", password: plain.token };
}
