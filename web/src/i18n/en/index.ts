import { en as common } from "./common";
import { en as home } from "./home";
import { en as dataset } from "./dataset";
import { en as upload } from "./upload";
import { en as batch } from "./batch";
import { en as crop } from "./crop";
import { en as tagging } from "./tagging";
import { en as stage } from "./stage";
import { en as tag } from "./tag";
import { en as picture } from "./picture";
import { en as trigger } from "./trigger";
import { en as regularization } from "./regularization";
import { en as seen } from "./seen";
import { en as view } from "./view";
import { en as mirror } from "./mirror";
import { en as health } from "./health";
import { en as train } from "./train";
import { en as setting } from "./setting";
import { en as toml } from "./toml";
import { en as kohya } from "./kohya";
import { en as run } from "./run";
import { en as preview } from "./preview";
import { en as preset } from "./preset";
import { en as job } from "./job";
import { en as queue } from "./queue";
import { en as model } from "./model";
import { en as settings } from "./settings";
import { en as judge } from "./judge";
import { en as compare } from "./compare";
import { en as workbench } from "./workbench";
import { en as tool } from "./tool";

/** Everything that the web app says, in English: a file for each room of it, and `zh/` beside it with the same keys. A bar parts
 * singular from plural. */
export const en = {
  ...common,
  ...home,
  ...dataset,
  ...upload,
  ...batch,
  ...crop,
  ...tagging,
  ...stage,
  ...tag,
  ...picture,
  ...trigger,
  ...regularization,
  ...seen,
  ...view,
  ...mirror,
  ...health,
  ...train,
  ...setting,
  ...toml,
  ...kohya,
  ...run,
  ...preview,
  ...preset,
  ...job,
  ...queue,
  ...model,
  ...settings,
  ...judge,
  ...compare,
  ...workbench,
  ...tool,
};
