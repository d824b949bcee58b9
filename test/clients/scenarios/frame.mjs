/**
 * What the scenarios of all clients share: `node <client>.mjs <mode> <scenario> [argument]`, with BASE_URL and API_KEY in the
 * environment, prints one JSON document. An error that the client throws is an answer too, as the client words it.
 */
const [mode = "", scenario = "", argument = ""] = process.argv.slice(2);

export { argument, mode };
export const baseURL = process.env.BASE_URL;
export const apiKey = process.env.API_KEY;
export const MODEL = "gpt-5.5";

/** `describe` puts an error of the client into words, and throws any other on. */
export async function runScenario(scenarios, describe) {
  const result = await scenarios[scenario]().catch(describe);
  process.stdout.write(JSON.stringify(result));
}

/** The one tool of all conversations; counts how often it was really called. */
export function weatherTool() {
  const cities = [];
  const call = ({ city }) => {
    cities.push(city);
    return `sunny in ${city}`;
  };
  return { name: "weather", description: "The weather of a city", cities, call };
}

/** What the user asks of it, one after the other. */
export const QUESTIONS = ["Bern", "Oslo"];
